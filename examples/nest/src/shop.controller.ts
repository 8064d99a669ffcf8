import { Controller, Get, Param, Post } from '@nestjs/common'
import { ItemsService } from './items.service.js'

@Controller('shop')
export class ShopController {
  constructor(private readonly items: ItemsService) {}

  @Get('items/:item')
  find(@Param('item') item: string) {
    return this.items.find(item)
  }

  @Post('orders')
  order() {
    return this.items.order()
  }
}

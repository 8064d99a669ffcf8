import { Module } from '@nestjs/common'
import { ItemsService } from './items.service.js'
import { ShopController } from './shop.controller.js'

@Module({ controllers: [ShopController], providers: [ItemsService] })
export class AppModule {}

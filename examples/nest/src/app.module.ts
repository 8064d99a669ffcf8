import { Module } from '@nestjs/common'
import { ItemsService } from './items.service.js.ts'
import { ShopController } from './shop.controller.js.ts'

@Module({ controllers: [ShopController], providers: [ItemsService] })
export class AppModule {}
